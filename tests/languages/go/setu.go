// Needs ./setu, made by: openapi-generator-cli generate --skip-validate-spec -g go -i setu.yaml -o setu -p packageName=setu,withGoMod=false
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"

	"example/setu"
)

func main() {
	configuration := setu.NewConfiguration()
	configuration.Servers = setu.ServerConfigurations{{URL: os.Getenv("SETU_SANDBOX_BASE_URL")}}
	client := setu.NewAPIClient(configuration)

	tokenRequest := setu.NewTokenRequest(os.Getenv("SETU_SANDBOX_CLIENT_ID"), os.Getenv("SETU_SANDBOX_SECRET"))
	response, _, err := client.TokenAPI.GenerateToken(context.Background()).TokenRequest(*tokenRequest).Execute()

	var failed *setu.GenericOpenAPIError
	if errors.As(err, &failed) {
		rejection, _ := failed.Model().(setu.ErrorResponse)
		log.Fatal("setu: no token, code ", rejection.Error.GetCode())
	} else if err != nil {
		log.Fatal("setu: ", err)
	}

	lifetime := response.Data.GetExpiresIn()
	if lifetime <= 0 {
		lifetime = 1800
	}

	// The emulator's echo API stands for the API that you want to use.
	request, _ := http.NewRequest("GET", os.Getenv("SETU_SANDBOX_BASE_URL")+"/echo", nil)
	request.Header.Set("Authorization", "Bearer "+response.Data.Token)
	apiResponse, err := http.DefaultClient.Do(request)
	if err != nil {
		log.Fatal("setu: ", err)
	}
	fmt.Printf("setu: a token for %d s, the API responded with %d\n", lifetime, apiResponse.StatusCode)
}
