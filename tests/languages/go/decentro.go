// Needs ./decentro, made by: openapi-generator-cli generate --skip-validate-spec -g go -i decentro.yaml -o decentro -p packageName=decentro,withGoMod=false
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"

	"example/decentro"
)

func main() {
	configuration := decentro.NewConfiguration()
	configuration.Servers = decentro.ServerConfigurations{{URL: os.Getenv("DECENTRO_SANDBOX_BASE_URL")}}
	client := decentro.NewAPIClient(configuration)

	tokenRequest := decentro.NewTokenRequest("client_credentials")
	tokenRequest.SetClientId(os.Getenv("DECENTRO_SANDBOX_CLIENT_ID"))
	tokenRequest.SetClientSecret(os.Getenv("DECENTRO_SANDBOX_CLIENT_SECRET"))
	response, _, err := client.TokenAPI.GenerateToken(context.Background()).TokenRequest(*tokenRequest).Execute()

	var failed *decentro.GenericOpenAPIError
	if errors.As(err, &failed) {
		rejection, _ := failed.Model().(decentro.ErrorResponse)
		log.Fatal("decentro: no token, code ", rejection.GetResponseKey(), rejection.GetResponseCode())
	} else if err != nil {
		log.Fatal("decentro: ", err)
	}

	lifetime := response.GetExpiresIn()
	if lifetime <= 0 {
		lifetime = 900
	}

	// The emulator's echo API stands for the API that you want to use.
	request, _ := http.NewRequest("GET", os.Getenv("DECENTRO_SANDBOX_BASE_URL")+"/echo", nil)
	request.Header.Set("Authorization", "Bearer "+response.AccessToken)
	apiResponse, err := http.DefaultClient.Do(request)
	if err != nil {
		log.Fatal("decentro: ", err)
	}
	fmt.Printf("decentro: a token for %d s, the API responded with %d\n", lifetime, apiResponse.StatusCode)
}
