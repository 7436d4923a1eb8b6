// Needs ./singleview, made by: openapi-generator-cli generate --skip-validate-spec -g go -i singleview.yaml -o singleview -p packageName=singleview,withGoMod=false
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"

	"example/singleview"
)

func main() {
	configuration := singleview.NewConfiguration()
	configuration.Servers = singleview.ServerConfigurations{{URL: os.Getenv("SINGLEVIEW_SANDBOX_BASE_URL")}}
	client := singleview.NewAPIClient(configuration)

	tokenRequest := singleview.NewTokenRequest(os.Getenv("SINGLEVIEW_SANDBOX_CLIENT_ID"),
		os.Getenv("SINGLEVIEW_SANDBOX_CLIENT_CODE"), os.Getenv("SINGLEVIEW_SANDBOX_MERCHANT_ID"), "client_credentials")
	response, _, err := client.TokenAPI.GenerateToken(context.Background()).TokenRequest(*tokenRequest).Execute()

	var failed *singleview.GenericOpenAPIError
	if errors.As(err, &failed) {
		rejection, _ := failed.Model().(singleview.ErrorResponse)
		log.Fatal("singleview: no token, code ", rejection.GetErrorCode())
	} else if err != nil {
		log.Fatal("singleview: ", err)
	}
	if !response.GetSuccess() { // a rejection may be a 200
		log.Fatal("singleview: no token, code ", response.GetErrorCode())
	}
	lifetime := response.Payload.GetExpiresIn()
	if lifetime <= 0 {
		lifetime = 3600
	}

	// The emulator's echo API stands for the API that you want to use.
	request, _ := http.NewRequest("GET", os.Getenv("SINGLEVIEW_SANDBOX_BASE_URL")+"/echo", nil)
	request.Header.Set("Authorization", "Bearer "+response.Payload.AccessToken)
	apiResponse, err := http.DefaultClient.Do(request)
	if err != nil {
		log.Fatal("singleview: ", err)
	}
	fmt.Printf("singleview: a token for %.0f s, the API responded with %d\n", lifetime, apiResponse.StatusCode)
}
