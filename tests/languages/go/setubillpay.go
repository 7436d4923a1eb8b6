// Needs ./setubillpay, made by: openapi-generator-cli generate --skip-validate-spec -g go -i setubillpay.yaml -o setubillpay -p packageName=setubillpay,withGoMod=false
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"

	"example/setubillpay"
)

func main() {
	configuration := setubillpay.NewConfiguration()
	configuration.Servers = setubillpay.ServerConfigurations{{URL: os.Getenv("SETUBILLPAY_SANDBOX_BASE_URL")}}
	client := setubillpay.NewAPIClient(configuration)

	tokenRequest := setubillpay.NewTokenRequest(os.Getenv("SETUBILLPAY_SANDBOX_CLIENT_ID"), os.Getenv("SETUBILLPAY_SANDBOX_SECRET"))
	response, _, err := client.TokenAPI.GenerateToken(context.Background()).TokenRequest(*tokenRequest).Execute()

	var failed *setubillpay.GenericOpenAPIError
	if errors.As(err, &failed) {
		rejection, _ := failed.Model().(setubillpay.ErrorResponse)
		log.Fatal("setubillpay: no token, code ", rejection.Error.GetCode())
	} else if err != nil {
		log.Fatal("setubillpay: ", err)
	}

	lifetime := response.GetExpiresIn()
	if lifetime <= 0 {
		lifetime = 600
	}

	// The emulator's echo API stands for the API that you want to use.
	request, _ := http.NewRequest("GET", os.Getenv("SETUBILLPAY_SANDBOX_BASE_URL")+"/echo", nil)
	request.Header.Set("Authorization", "Bearer "+response.Token)
	request.Header.Set("X-PARTNER-ID", os.Getenv("SETUBILLPAY_SANDBOX_PARTNER_ID"))
	apiResponse, err := http.DefaultClient.Do(request)
	if err != nil {
		log.Fatal("setubillpay: ", err)
	}
	fmt.Printf("setubillpay: a token for %d s, the API responded with %d\n", lifetime, apiResponse.StatusCode)
}
